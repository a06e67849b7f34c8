import { Bot, InlineKeyboardBuilder, InputFile } from "node-telegram-bot-api";
import { API, TOKEN, content, keys, picture, ready } from "./common.mjs";

const bot = new Bot(TOKEN, { apiRoot: API });
const chat = (ctx) => (ctx.message ?? ctx.callbackQuery.message).chat.id;
bot.command("start", (ctx) => ctx.reply("<b>Choose</b>", {
  parse_mode: "HTML",
  reply_markup: new InlineKeyboardBuilder().text("Buy", "buy").url("Docs", "https://example.com").build(),
}));
bot.on("callback_query", async (ctx) => {
  const { message } = ctx.callbackQuery;
  const chat_id = chat(ctx);
  await ctx.answerCallbackQuery({ text: "Thanks" });
  await bot.api.editMessageText({ chat_id, message_id: message.message_id, text: "Bought" });
  await bot.api.sendDocument({ chat_id, document: new InputFile(keys, { filename: "keys.txt" }), caption: "your keys" });
  await bot.api.sendMediaGroup({
    chat_id, media: ["a.png", "b.png"].map((filename) => ({ type: "photo", media: new InputFile(picture, { filename }) })),
  });
});
bot.command("stop", async (ctx) => {
  await ctx.reply("bye");
  bot.stop();
});
bot.on("message", async (ctx) => {
  if (!ctx.message.document) return;
  const file = await bot.api.getFile({ file_id: ctx.message.document.file_id });
  await ctx.reply(`got ${await content(file.file_path)}`);
});
await bot.api.getMe();
await bot.api.deleteWebhook({ drop_pending_updates: true });
await bot.api.setMyCommands({ commands: [{ command: "start", description: "Start" }] });
ready();
await bot.startPolling();
