import { join } from 'node:path';
import { rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { CLI, scratch } from './ponds.mjs';
import { loadRow, runNode } from './processes.mjs';

const { DuckDBInstance } = createRequire(new URL('../packages/query/package.json', import.meta.url))('@duckdb/node-api');

export const title = 'A site of 50 stations x 8 parameters x 10 years x 5 resolutions';

const PARAMETERS = ['DO.mg/L', 'Temperature.C', 'Salinity.PSU', 'pH.pH', 'Chlorophyll.ug/L', 'Turbidity.NTU', 'Depth.m', 'Conductivity.uS/cm'];
const ROLLUP = 'in_pattern: /data/*.series\nout_pattern: $0\nresolutions: [1h, 2h, 4h, 12h, 1d]\naggregations:\n  - type: avg\n  - type: min\n  - type: max\n';
const SITE = `site:
  title: Bay
exports:
  - name: stations
    pattern: /reduced/*
routes:
  - name: home
    type: static
    slug: ""
    page: /site/index.md
    routes:
      - name: station
        type: template
        slug: stations/$0
        page: /site/station.md
        export: stations
`;

/** Hourly readings; the site is built by whole processes of the built `pond`. */
export async function run({ quick }) {
  const [stations, years] = quick ? [5, 2] : [50, 10];
  const directory = scratch('site');
  const pondDirectory = join(directory, 'pond');
  const out = join(directory, 'out');
  try {
    const instance = await DuckDBInstance.create();
    const duckdb = await instance.connect();
    const env = { POND: pondDirectory };
    const pond = (...words) => runNode([CLI, '--quiet', ...words], { env });
    const put = (name, text) => writeFileSync(join(directory, name), text);
    pond('init');
    const rowsOf = async (station, from, to) => {
      const file = join(directory, 'rows.parquet');
      const values = PARAMETERS.map((name, at) => `round(10 + ${at} + 3 * sin(h / 24.0 + ${station}) + random(), 3) AS "S.${name}"`);
      await duckdb.run(`COPY (SELECT TIMESTAMP '2015-01-01' + h * INTERVAL 1 HOUR AS timestamp, ${values} FROM range(${from}, ${to}) t(h)) TO '${file}'`);
      return file;
    };
    const hours = years * 365 * 24;
    const add = async (from, to) => {
      for (let station = 0; station < stations; station++) {
        const file = await rowsOf(station, from, to);
        runNode([CLI, 'copy', `host+series://${file}`, `/data/s${station}.series`], { env });
      }
    };
    await add(0, hours);
    put('index.md', '---\ntitle: Bay\n---\n\n{{ status("stations") }}\n\n{{ nav_list() }}\n');
    put('station.md', '---\ntitle: $0\n---\n\n{{ current() }}\n\n{{ chart("30d") }}\n');
    put('rollup.yaml', ROLLUP);
    put('site.yaml', SITE);
    for (const name of ['index.md', 'station.md']) pond('copy', `host://${join(directory, name)}`, `/site/${name}`);
    pond('mknod', 'temporal-reduce', '/reduced', '--config-path', join(directory, 'rollup.yaml'));
    pond('mknod', 'sitegen', '/site/site', '--config-path', join(directory, 'site.yaml'));
    const stationsSql = Array.from({ length: stations }, (_, at) => `SELECT count(*) FROM '/reduced/s${at}/res=1d.series'`).join(' UNION ALL ');
    const build = () => pond('run', '/site/site', 'build', out);
    // What the rollups cost is theirs.
    pond('sql', stationsSql);
    const first = build();
    const same = build();
    pond('mkdir', '/elsewhere');
    const elsewhere = build();
    await add(hours, hours + 24);
    pond('sql', stationsSql);
    const day = build();
    const row = (what, { wallMillis, cpuMillis, peakMb }, most, mostMb = Infinity) => ({
      what, ours: `${(wallMillis / 1000).toFixed(2)} s, ${(cpuMillis / 1000).toFixed(2)} s CPU, ${peakMb.toFixed(0)} MB`, against: '', result: '',
      target: `<= ${most} s${mostMb === Infinity ? '' : `, ${mostMb} MB`}`, ok: wallMillis <= most * 1000 && peakMb <= mostMb,
    });
    return [
      row(`first build, ${stations} stations, ${years} years`, first, 60, 512), row('nothing changed', same, 1),
      row('a transaction elsewhere', elsewhere, 3), row('a new day of all stations', day, 3), loadRow(),
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
