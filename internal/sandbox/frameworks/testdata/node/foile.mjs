import pay from "@foile/crypto-pay-api";
import { APP_TOKEN, ROOT, USER, ready } from "./common.mjs";

// It knows a host, but no path before /api.
const { hostname, port, protocol } = new URL(ROOT);
const app = new pay.CryptoPay(APP_TOKEN, {
  protocol, hostname, port, webhook: { serverHostname: "127.0.0.1", serverPort: Number(process.env.HOOK), path: "/paid" },
});
const me = await app.getMe();
if (!me.app_id) throw new Error(`getMe: ${JSON.stringify(me)}`);
const rates = await app.getExchangeRates();
const currencies = await app.getCurrencies();
if (!rates.length || !currencies.length) throw new Error("no rates or currencies");
const invoice = await app.createInvoice("USDT", 5, { description: "kitten", payload: "order 1" });
app.invoicePaid(async ({ payload }) => {
  const { items } = await app.getInvoices({ invoice_ids: `${invoice.invoice_id}`, status: "paid" });
  if (items.length !== 1 || payload.payload !== "order 1") throw new Error(`paid: ${JSON.stringify([items, payload])}`);
  const balance = await app.getBalance();
  if (!balance.some((b) => b.currency_code === "USDT" && Number(b.available) > 0)) throw new Error("nothing came");
  const sent = await app.transfer(Number(USER), "USDT", "2", "refund-1", { comment: "sorry" });
  console.log(`sent ${sent.amount}`);
  process.exit(0);
});
console.log(`invoice ${invoice.pay_url ?? invoice.bot_invoice_url}`);
ready();
