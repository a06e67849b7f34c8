// A bot that sells a month in its channel for Stars, and gives the Stars back to who leaves.

import { Bot, InlineKeyboard } from "grammy";
import { API, TOKEN, ready } from "./common.mjs";

const bot = new Bot(TOKEN, { client: { apiRoot: API } });
const charges = new Map(); // by user
let club;
bot.on("my_chat_member", (ctx) => {
  if (ctx.chat.type === "channel") club = ctx.chat.id;
});
bot.command("club", async (ctx) => {
  const link = await ctx.api.createInvoiceLink("Club", "A month", "order 1", "", "XTR", [{ label: "Club", amount: 500 }], { subscription_period: 2592000 });
  await ctx.reply("Join for Stars", { reply_markup: new InlineKeyboard().url("Pay", link) });
});
bot.on("pre_checkout_query", (ctx) => ctx.answerPreCheckoutQuery(ctx.preCheckoutQuery.invoice_payload === "order 1"));
bot.on("message:successful_payment", async (ctx) => {
  const { telegram_payment_charge_id: charge, is_first_recurring: first } = ctx.message.successful_payment;
  if (!first) return ctx.reply("renewed");
  charges.set(ctx.from.id, charge);
  const invite = await ctx.api.createChatInviteLink(club, { member_limit: 1, name: "order 1" });
  return ctx.reply("Welcome", { reply_markup: new InlineKeyboard().url("Open", invite.invite_link) });
});
bot.on("chat_member", async (ctx) => {
  const { new_chat_member: now, invite_link: invite } = ctx.chatMember;
  if (now.status === "member") await ctx.api.sendMessage(now.user.id, `joined by ${invite.name}`);
  if (now.status === "left") await ctx.api.refundStarPayment(now.user.id, charges.get(now.user.id));
});
bot.on("message:refunded_payment", (ctx) => ctx.reply(`${ctx.message.refunded_payment.total_amount} back`));
bot.command("stop", async (ctx) => {
  await ctx.reply("bye");
  bot.stop();
});
await bot.start({
  onStart: ready,
  allowed_updates: ["message", "my_chat_member", "chat_member", "pre_checkout_query"],
});
