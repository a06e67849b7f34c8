// Command tgbotapi is a bot made with github.com/go-telegram-bot-api/telegram-bot-api/v5.
package main

import (
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"

	tg "github.com/go-telegram-bot-api/telegram-bot-api/v5"
)

var bot *tg.BotAPI

func main() {
	var err error
	bot, err = tg.NewBotAPIWithAPIEndpoint(os.Getenv("TOKEN"), os.Getenv("API")+"/bot%s/%s")
	check(err)
	_, err = bot.Request(tg.DeleteWebhookConfig{DropPendingUpdates: true})
	check(err)
	_, err = bot.Request(tg.NewSetMyCommands(tg.BotCommand{Command: "start", Description: "Start"}))
	check(err)
	fmt.Println("ready")
	for update := range bot.GetUpdatesChan(tg.UpdateConfig{Timeout: 10}) {
		switch {
		case update.CallbackQuery != nil:
			buy(update.CallbackQuery)
		case update.Message.Document != nil:
			send(tg.NewMessage(update.Message.Chat.ID, "got "+download(update.Message.Document.FileID)))
		case update.Message.Command() == "start":
			m := tg.NewMessage(update.Message.Chat.ID, "<b>Choose</b>")
			m.ParseMode = tg.ModeHTML
			m.ReplyMarkup = tg.NewInlineKeyboardMarkup(tg.NewInlineKeyboardRow(
				tg.NewInlineKeyboardButtonData("Buy", "buy"), tg.NewInlineKeyboardButtonURL("Docs", "https://example.com"),
			))
			send(m)
		case update.Message.Command() == "stop":
			send(tg.NewMessage(update.Message.Chat.ID, "bye"))
			return
		}
	}
}

func buy(q *tg.CallbackQuery) {
	chat := q.Message.Chat.ID
	_, err := bot.Request(tg.NewCallback(q.ID, "Thanks"))
	check(err)
	send(tg.NewEditMessageText(chat, q.Message.MessageID, "Bought"))
	keys := tg.NewDocument(chat, tg.FileBytes{Name: "keys.txt", Bytes: []byte("KEY-1\n")})
	keys.Caption = "your keys"
	send(keys)
	picture, err := base64.StdEncoding.DecodeString(os.Getenv("PICTURE"))
	check(err)
	_, err = bot.SendMediaGroup(tg.NewMediaGroup(chat, []any{
		tg.NewInputMediaPhoto(tg.FileBytes{Name: "a.png", Bytes: picture}),
		tg.NewInputMediaPhoto(tg.FileBytes{Name: "b.png", Bytes: picture}),
	}))
	check(err)
}

func download(id string) string {
	file, err := bot.GetFile(tg.FileConfig{FileID: id})
	check(err)
	resp, err := http.Get(os.Getenv("API") + "/file/bot" + bot.Token + "/" + file.FilePath)
	check(err)
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	check(err)
	return string(content)
}

func send(m tg.Chattable) {
	_, err := bot.Send(m)
	check(err)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
