/** Certificates that rotate unseen: by age, by the commands of docs/operations.md, and where clocks are wrong. */
import { X509Certificate } from 'node:crypto';
import { describeWithBinaries, describeWithCluster } from '../cluster/jest.ts';
import { commandsOf } from '../fixture/page.ts';
import { ROTATE } from '../operations/headings.ts';
import { openShell } from '../operations/shell.ts';
import { makeNetwork } from '../rolling/network.ts';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import { SHORT, openRotation } from './rotation.ts';

const COMMANDS = commandsOf('docs/operations.md').filter(({ heading }) => ROTATE.includes(heading));
const network = makeNetwork();
beforeAll(network.open);
afterAll(network.close);

const authoritiesOf = ({ bundle }: { readonly bundle: string }): number =>
  Buffer.from(bundle, 'base64').toString().split('-----BEGIN CERTIFICATE-----').length - 1;

const madeFrom = ({ leaf }: { readonly leaf: string }): number =>
  new X509Certificate(Buffer.from(leaf, 'base64')).validFromDate.getTime();

describeWithBinaries('certificates', ({ kubectl }) => {
  describeWithCluster(
    'behind the Service of a real apiserver',
    (cluster) => {
      test('a CA and a leaf rotate, the Secret is deleted, replicas start at once with clocks an hour off: each pod is injected', async () => {
        const [leafEnd = '', caEnd = '', leaf = '', authority = '', ...others] = COMMANDS.flatMap(({ lines }) => lines);
        expect(others).toEqual([]);
        const shell = openShell({ kubectl: kubectl ?? '' }, cluster().kubeconfigPath);
        const rotation = await openRotation(cluster(), network);
        try {
          await rotation.start([0, 0], SHORT.text);
          await rotation.startLoad();
          const said = (text: string): Promise<unknown> =>
            until(text, PATIENCE_MS, () => rotation.log().includes(text));
          await rotation.age('CA');
          await said('AuthorityExpiring');
          await said('LeafOfFormerAuthority');
          // The leafs of the former one have not ended.
          expect(authoritiesOf(await rotation.atRest())).toBe(2);
          await rotation.age('leaf');
          await said('LeafExpiring');
          await rotation.start([60, -60], SHORT.text);
          await rotation.end(2);
          const before = await rotation.atRest();
          expect(await shell.type(leafEnd)).toMatch(/^notAfter=/);
          expect(await shell.type(caEnd)).toMatch(/^notAfter=/);
          // kubectl warns of a pair without PEM, as the page says.
          expect(await shell.type(`${leaf} 2>&1`)).toContain('Warning');
          await until('another leaf', PATIENCE_MS, async () => (await rotation.atRest()).leaf !== before.leaf);
          const renewed = await rotation.atRest();
          expect(renewed.bundle).toBe(before.bundle);
          // Valid by clocks an hour off to either side, whichever replica made it.
          expect(madeFrom(renewed)).toBeLessThan(Date.now() - 2 * 3_600_000);
          await shell.type(authority);
          await until('another CA', PATIENCE_MS, async () => (await rotation.atRest()).bundle !== before.bundle);
          const { pods, failures, failedOpen, unvouched, handshakes, perSecond } = await rotation.stopLoad();
          process.stdout.write(`\n${pods} pods at ${perSecond.toFixed(0)} per s, ${handshakes} handshakes\n`);
          expect({ failures, failedOpen, unvouched }).toEqual({ failures: [], failedOpen: 0, unvouched: [] });
          expect(Math.min(pods, handshakes)).toBeGreaterThan(0);
        } finally {
          await rotation.close();
          shell.close();
        }
      });
    },
    { apiserverArgs: network.apiserverArgs },
  );
});
