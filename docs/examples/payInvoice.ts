import { createCrucible } from '../../client/src/index.ts';

const [baseUrl = '', apiKey = '', npub = '', invoice = '', order = ''] = process.argv.slice(2);
if (order === '') {
  console.error('Usage: node docs/examples/payInvoice.ts <url> <API key> <npub> <invoice> <order>');
  process.exit(2);
}
const wallet = createCrucible({ baseUrl, auth: { apiKey } }).wallet(npub);
const payment = await wallet.pay({ invoice }, { idempotencyKey: `order ${order}` });
if (payment.outcome === 'paid') console.log(`Paid ${payment.paidAmount}, and ${payment.feesPaid} in fees.`);
else console.log(`Order ${order}: ${payment.outcome}.`);
