export { buildSite, type BuildOptions, type BuildReport } from './build.ts';
export { SiteError, type SiteErrorCode } from './errors.ts';
export { type SiteConfig, siteSchema } from './site-config.ts';
export { createSitegen } from './sitegen.ts';
