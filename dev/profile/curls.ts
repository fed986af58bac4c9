import type { DemoMint } from './parts.ts';

export type CurlLine = { what: string; line: string };

/** Lines to paste into another terminal; each works by itself. `transactionId`: of the demo payment, if there was one. */
export function curlLines(
  api: { url: string; walletUrl: string; apiKey: string },
  mint: DemoMint,
  transactionId: string | undefined,
): CurlLine[] {
  const authorized = `curl -s -H 'Authorization: Bearer ${api.apiKey}'`;
  const json = `-H 'Content-Type: application/json'`;
  const melt = (data: string) => `${authorized} ${json} ${api.walletUrl}/melt -d ${data}`;
  const fund: CurlLine = {
    what: 'Ask for an invoice that brings 1,000 sat in',
    line: `${authorized} ${json} ${api.walletUrl}/mint -d '{"amount": 1000}'`,
  };
  const pay: CurlLine =
    mint.invoiceUrl === null
      ? { what: 'Pay an invoice of yours', line: melt(`'{"invoice": "lnbc…"}'`) }
      : {
          what: 'Have an invoice written, and pay it',
          line: melt(`"{$(${invoiceMember(mint.invoiceUrl)})}"`),
        };
  const status: CurlLine = {
    what: 'See how that payment went',
    line: `${authorized} ${api.walletUrl}/melt/${transactionId}`,
  };
  return [
    { what: 'See what is in the wallet', line: `${authorized} ${api.walletUrl}/balance` },
    fund,
    pay,
    ...(transactionId === undefined ? [] : [status]),
    { what: 'Ask whether the server is ready', line: `curl -s ${api.url}/readyz` },
  ];
}

/** Prints `"invoice":"lnbc…"`, which is what a melt takes, without needing a JSON tool. */
function invoiceMember(invoiceUrl: string): string {
  return `curl -s ${invoiceUrl} -d '{"amount": 210}' | grep -o '"invoice":"[^"]*"'`;
}
