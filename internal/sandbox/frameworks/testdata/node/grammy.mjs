import { Bot, InlineKeyboard, InputFile, InputMediaBuilder } from "grammy";
import { API, TOKEN, content, keys, picture, ready } from "./common.mjs";

const bot = new Bot(TOKEN, { client: { apiRoot: API } });
bot.command("start", (ctx) => ctx.reply("<b>Choose</b>", {
  parse_mode: "HTML",
  reply_markup: new InlineKeyboard().text("Buy", "buy").url("Docs", "https://example.com"),
}));
bot.callbackQuery("buy", async (ctx) => {
  await ctx.answerCallbackQuery({ text: "Thanks" });
  await ctx.editMessageText("Bought");
  await ctx.replyWithDocument(new InputFile(keys, "keys.txt"), { caption: "your keys" });
  await ctx.replyWithMediaGroup(["a.png", "b.png"].map((name) => InputMediaBuilder.photo(new InputFile(picture, name))));
});
bot.on("message:document", async (ctx) => {
  const file = await ctx.getFile();
  await ctx.reply(`got ${await content(file.file_path)}`);
});
bot.command("stop", async (ctx) => {
  await ctx.reply("bye");
  bot.stop();
});
await bot.api.setMyCommands([{ command: "start", description: "Start" }]);
await bot.start({ drop_pending_updates: true, onStart: ready });
