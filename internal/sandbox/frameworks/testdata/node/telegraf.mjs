import { Input, Markup, Telegraf } from "telegraf";
import { ROOT, TOKEN, keys, picture, ready } from "./common.mjs";

// Telegraf drops the path of its base address, so it needs the API at the root.
const bot = new Telegraf(TOKEN, { telegram: { apiRoot: ROOT } });
bot.start((ctx) => ctx.replyWithHTML("<b>Choose</b>", Markup.inlineKeyboard([
  Markup.button.callback("Buy", "buy"), Markup.button.url("Docs", "https://example.com"),
])));
bot.action("buy", async (ctx) => {
  await ctx.answerCbQuery("Thanks");
  await ctx.editMessageText("Bought");
  await ctx.replyWithDocument(Input.fromBuffer(keys, "keys.txt"), { caption: "your keys" });
  await ctx.replyWithMediaGroup(["a.png", "b.png"].map((name) => ({ type: "photo", media: Input.fromBuffer(picture, name) })));
});
bot.on("document", async (ctx) => {
  const link = await ctx.telegram.getFileLink(ctx.message.document.file_id);
  await ctx.reply(`got ${await (await fetch(link)).text()}`);
});
bot.command("stop", async (ctx) => {
  await ctx.reply("bye");
  bot.stop();
});
await bot.telegram.setMyCommands([{ command: "start", description: "Start" }]);
await bot.launch({}, ready); // ready comes before it drops what waits, so it must not
