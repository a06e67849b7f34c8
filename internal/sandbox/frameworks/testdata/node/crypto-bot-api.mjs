import CryptoBotAPI from "crypto-bot-api";
import { APP_TOKEN, SECURE, USER, ready } from "./common.mjs";

const client = new CryptoBotAPI(APP_TOKEN, `${SECURE}/cryptopay/api`);
const me = await client.getMe();
if (!me.id) throw new Error(`getMe: ${JSON.stringify(me)}`);
await client.getExchangeRate("USDT", "USD");
const invoice = await client.createInvoice({ amount: 5, asset: "USDT", description: "kitten", payload: "order 1" });
client.on("paid", async (paid) => {
  const [found] = await client.getInvoices({ ids: [invoice.id], status: CryptoBotAPI.InvoiceStatus.Paid });
  if (found?.id !== paid.id || paid.payload !== "order 1") throw new Error(`paid: ${JSON.stringify([found, paid])}`);
  if (Number((await client.getBalance("USDT")).available) <= 0) throw new Error("nothing came");
  const sent = await client.transfer({ userId: Number(USER), asset: "USDT", amount: 2, spendId: "refund-1" });
  const check = await client.createCheck({ asset: "USDT", amount: 1 });
  if ((await client.getChecks({ ids: [check.id] })).length !== 1) throw new Error("no check");
  await client.deleteCheck(check.id);
  console.log(`sent ${sent.amount}`);
  process.exit(0);
});
await client.createServer({ http: true }, "/paid", { host: "127.0.0.1", port: Number(process.env.HOOK) });
console.log(`invoice ${invoice.botPayUrl ?? invoice.payUrl}`);
ready();
