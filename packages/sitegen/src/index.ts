export { buildSite, type BuildOptions, type BuildReport } from './build.ts';
export { checkSite, type SiteCheck, type SiteProblem } from './check-site.ts';
export { sitegenEntry } from './entry.ts';
export { SiteError, type SiteErrorCode } from './errors.ts';
export { type SiteConfig, siteSchema } from './site-config.ts';
