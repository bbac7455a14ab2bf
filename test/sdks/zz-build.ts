import { sdks } from '/work/wt/ways2/test/sdks/programs.ts';
for (const name of ['JavaScript v2', 'Go v1', 'Java v2', 'minio-go', 'Rust']) {
  const t = Date.now();
  try { sdks().find((s) => s.name === name)!.build(); console.log(name, 'built', Date.now() - t); } catch (e) { console.log(name, String(e).slice(-1500)); }
}
