import { Bot, InlineKeyboard, MediaInput, MediaUpload } from "gramio";
import { API, TOKEN, keys, picture, ready } from "./common.mjs";

const bot = new Bot(TOKEN, { api: { baseURL: `${API}/bot` } });
bot.command("start", (ctx) => ctx.send("<b>Choose</b>", {
  parse_mode: "HTML",
  reply_markup: new InlineKeyboard().text("Buy", "buy").url("Docs", "https://example.com"),
}));
bot.on("callback_query", async (ctx) => {
  await ctx.answerCallbackQuery({ text: "Thanks" });
  await ctx.message.editText("Bought");
  await ctx.message.sendDocument(await MediaUpload.buffer(keys, "keys.txt"), { caption: "your keys" });
  await ctx.message.sendMediaGroup(await Promise.all(["a.png", "b.png"].map(async (name) => MediaInput.photo(await MediaUpload.buffer(picture, name)))));
});
bot.command("stop", async (ctx) => {
  await ctx.send("bye");
  setTimeout(() => process.exit(0), 200); // its stop() waits for the next update
});
bot.on("message", async (ctx) => {
  if (!ctx.document) return;
  const file = await bot.downloadFile(ctx.document.fileId);
  await ctx.send(`got ${Buffer.from(file).toString()}`);
});
await bot.api.setMyCommands({ commands: [{ command: "start", description: "Start" }] });
await bot.start({ deleteWebhook: true });
ready();
