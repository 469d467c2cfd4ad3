// The architecture, enforced: which package may import which (docs/architecture.md has the drawing).
const MAY_IMPORT = {
  tinyfs: [],
  delta: [],
  oplog: ['delta'],
  query: ['delta'],
  pond: ['tinyfs', 'oplog', 'query'],
  factories: ['tinyfs', 'pond', 'query'],
  hydrovu: ['tinyfs', 'pond', 'factories'],
  sitegen: ['tinyfs', 'pond', 'query', 'factories'],
  remote: ['pond', 'delta', 'oplog'],
  cmd: ['tinyfs', 'delta', 'oplog', 'query', 'pond', 'factories', 'hydrovu', 'sitegen', 'remote'],
};
const ALL = Object.keys(MAY_IMPORT);

const forbiddenImports = (pkg) => ALL
  .filter((other) => other !== pkg && !MAY_IMPORT[pkg].includes(other))
  .flatMap((other) => [`@duckpond/${other}`, `@duckpond/${other}/*`]);

module.exports = {
  root: true,
  parser: '@typescript-eslint/parser',
  plugins: ['@typescript-eslint', 'import-x'],
  env: { node: true, es2022: true },
  parserOptions: { ecmaVersion: 2023, sourceType: 'module' },
  ignorePatterns: ['dist', 'node_modules', '*.cjs', 'vitest.workspace.ts'],
  rules: { eqeqeq: ['error', 'always', { null: 'ignore' }], 'prefer-const': 'error', 'no-var': 'error' },
  overrides: [
    {
      files: ['packages/**/*.ts'],
      parserOptions: { projectService: true, tsconfigRootDir: __dirname },
      settings: {
        'import-x/resolver': {
          typescript: {
            project: 'packages/*/tsconfig.json',
            noWarnOnMultipleProjects: true,
            conditionNames: ['@duckpond/source', 'import', 'default', 'types'],
          },
        },
      },
      rules: {
        '@typescript-eslint/no-floating-promises': 'error',
        '@typescript-eslint/no-misused-promises': 'error',
        '@typescript-eslint/await-thenable': 'error',
        '@typescript-eslint/no-explicit-any': 'error',
        '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
        '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
        '@typescript-eslint/no-unnecessary-type-assertion': 'error',
        'import-x/no-cycle': 'error',
        'import-x/no-relative-packages': 'error',
        'no-console': 'error',
      },
    },
    ...ALL.map((pkg) => ({
      files: [`packages/${pkg}/**/*.ts`],
      rules: {
        'no-restricted-imports': ['error', {
          patterns: [{
            group: [...forbiddenImports(pkg), '@duckpond/none'],
            message: `packages/${pkg} may import only: ${MAY_IMPORT[pkg].join(', ') || 'nothing in this workspace'}.`,
          }],
        }],
      },
    })),
  ],
};
