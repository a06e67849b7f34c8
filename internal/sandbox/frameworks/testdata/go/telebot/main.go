// Command telebot is a bot made with gopkg.in/telebot.v4.
package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	tele "gopkg.in/telebot.v4"
)

func main() {
	bot, err := tele.NewBot(tele.Settings{
		URL: os.Getenv("API"), Token: os.Getenv("TOKEN"), Poller: &tele.LongPoller{Timeout: 10 * time.Second},
		OnError: func(err error, _ tele.Context) { log.Println(err) },
	})
	if err != nil {
		log.Fatal(err)
	}
	picture, _ := base64.StdEncoding.DecodeString(os.Getenv("PICTURE"))
	bot.Handle("/start", func(c tele.Context) error {
		keys := &tele.ReplyMarkup{}
		keys.Inline(keys.Row(keys.Data("Buy", "buy"), keys.URL("Docs", "https://example.com")))
		return c.Send("<b>Choose</b>", tele.ModeHTML, keys)
	})
	bot.Handle("\fbuy", func(c tele.Context) error {
		if err := c.Respond(&tele.CallbackResponse{Text: "Thanks"}); err != nil {
			return err
		}
		if err := c.Edit("Bought"); err != nil {
			return err
		}
		keys := &tele.Document{File: tele.FromReader(bytes.NewBufferString("KEY-1\n")), FileName: "keys.txt", Caption: "your keys"}
		if err := c.Send(keys); err != nil {
			return err
		}
		return c.SendAlbum(tele.Album{
			&tele.Photo{File: tele.FromReader(bytes.NewReader(picture))},
			&tele.Photo{File: tele.FromReader(bytes.NewReader(picture))},
		})
	})
	bot.Handle(tele.OnDocument, func(c tele.Context) error {
		file, err := bot.File(&c.Message().Document.File)
		if err != nil {
			return err
		}
		defer file.Close()
		content, err := io.ReadAll(file)
		if err != nil {
			return err
		}
		return c.Send("got " + string(content))
	})
	bot.Handle("/stop", func(c tele.Context) error {
		defer time.AfterFunc(200*time.Millisecond, func() { os.Exit(0) })
		return c.Send("bye")
	})
	if err := bot.RemoveWebhook(true); err != nil {
		log.Fatal(err)
	}
	if err := bot.SetCommands([]tele.Command{{Text: "start", Description: "Start"}}); err != nil {
		log.Fatal(err)
	}
	fmt.Println("ready")
	bot.Start()
}
