package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	tgbot "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"shopbot/internal/deeplink"
	"shopbot/internal/shop"
	"shopbot/internal/support"
	"shopbot/internal/telegram"
)

// groupNote is where the id of the group is kept in which questions are topics.
const groupNote = "group of questions"

// LoadGroup reads in which group questions are topics. It is for the start.
func (c *Courier) LoadGroup(ctx context.Context) error {
	note, err := c.chat.memory.Note(ctx, groupNote)
	if err != nil || note == nil {
		return err
	}
	id, err := strconv.ParseInt(string(note), 10, 64)
	if err != nil {
		return fmt.Errorf("read the group of questions: %w", err)
	}
	c.group.Store(id)
	return nil
}

// IsGroup reports whether a chat is the group in which questions are topics.
func (c *Courier) IsGroup(chat int64) bool { return chat != 0 && chat == c.group.Load() }

// setGroup sets the group, 0 for none.
func (c *Courier) setGroup(ctx context.Context, id int64) error {
	var note []byte
	if id != 0 {
		note = []byte(itoa(id))
	}
	if err := c.chat.memory.SetNote(ctx, groupNote, note); err != nil {
		return err
	}
	c.group.Store(id)
	return nil
}

// topics is "/topics" of an owner in the private chat: how to have questions in a group; "off" ends it.
func (b *Bot) topics(ctx context.Context, r *request) error {
	if strings.EqualFold(r.args, "off") {
		if err := b.courier.setGroup(ctx, 0); err != nil {
			return err
		}
		return b.say(ctx, r, "topics_off")
	}
	state := r.loc.Plain("topics_state_off")
	if b.courier.group.Load() != 0 {
		state = r.loc.Plain("topics_state_on")
	}
	return b.say(ctx, r, "topics_how", "State", state)
}

// groupMessage handles a message in a group: "/topics" of an owner, and answers of the staff in a topic.
// Nobody else is heard. It must not use finish, since who writes in a group has not written to the bot.
func (b *Bot) groupMessage(ctx context.Context, m *models.Message) error {
	r := b.request(ctx, *m.From)
	r.loc, r.message = b.chat.localizer(ctx, m.Chat.ID, ""), m
	if name, args, is := telegram.Command(m, ""); is {
		_, _, ours := telegram.Command(m, b.userName())
		if ours && strings.EqualFold(name, "topics") && r.role.May(shop.RoleOwner) {
			return b.topicsHere(ctx, r, args)
		}
		return nil // for another bot
	}
	if !b.courier.IsGroup(m.Chat.ID) || m.MessageThreadID == 0 {
		return nil
	}
	q, err := b.chat.memory.QuestionOfTopic(ctx, m.Chat.ID, m.MessageThreadID)
	switch {
	case errors.Is(err, support.ErrNotFound):
		return nil
	case errors.Is(err, support.ErrForgotten):
		if !r.role.May(shop.RoleSupport) || isService(m) {
			return nil
		}
		return b.sayHere(ctx, r, "question_gone")
	case err != nil:
		return err
	case m.ForumTopicClosed != nil && r.role.May(shop.RoleSupport):
		return b.closeQuestion(ctx, r, q)
	case isService(m):
		return nil
	case !r.role.May(shop.RoleSupport):
		return b.sayHere(ctx, r, "topic_not_staff")
	}
	return b.answerInTopic(ctx, r, q)
}

// userName is the bot's user name; "" until it is known.
func (b *Bot) userName() string {
	link := b.link(deeplink.Home, "")
	return link[strings.LastIndex(link, "/")+1:]
}

// isService reports whether Telegram wrote the message, about what somebody did.
func isService(m *models.Message) bool {
	return m.ForumTopicClosed != nil || m.ForumTopicCreated != nil || m.ForumTopicReopened != nil || m.ForumTopicEdited != nil ||
		m.PinnedMessage != nil || len(m.NewChatMembers) > 0 || m.LeftChatMember != nil
}

// sayHere answers in the topic in which the request was written.
func (b *Bot) sayHere(ctx context.Context, r *request, id string, pairs ...any) error {
	_, err := b.chat.send(ctx, r.message.Chat.ID, screen{Text: r.loc.Say(id, pairs...), Quiet: true, Topic: r.message.MessageThreadID})
	if errors.Is(err, telegram.ErrTopicGone) {
		return nil
	}
	return err
}

// topicsHere has questions come to the group in which it is written, or ends that.
func (b *Bot) topicsHere(ctx context.Context, r *request, args string) error {
	chat := r.message.Chat
	switch {
	case strings.EqualFold(args, "off"):
		if b.courier.IsGroup(chat.ID) {
			if err := b.courier.setGroup(ctx, 0); err != nil {
				return err
			}
		}
		return b.sayHere(ctx, r, "topics_off")
	case !chat.IsForum:
		return b.sayHere(ctx, r, "topics_no_forum")
	}
	if !b.courier.IsGroup(chat.ID) { // the first topic shows whether the bot may make them
		_, err := b.chat.tg.CreateForumTopic(ctx, &tgbot.CreateForumTopicParams{ChatID: chat.ID, Name: r.loc.Plain("topics_test")})
		switch {
		case errors.Is(err, telegram.ErrBadRequest):
			return b.sayHere(ctx, r, "topics_no_right")
		case err != nil:
			return err
		}
		if err := b.courier.setGroup(ctx, chat.ID); err != nil {
			return err
		}
		b.log.InfoContext(ctx, "questions come to a group", "chat", chat.ID, "user", r.user.ID)
	}
	return b.sayHere(ctx, r, "topics_on")
}

// answerInTopic sends what somebody of the staff wrote in a topic to the buyer.
func (b *Bot) answerInTopic(ctx context.Context, r *request, q support.Question) error {
	m := r.written()
	m.ID = -m.ID // in the group
	q, err := b.chat.memory.ChangeQuestion(ctx, q.ID, func(q *support.Question) error { return q.Answer(m) })
	if text, facts, _ := refusedMessage(err); text != "" {
		return b.sayHere(ctx, r, text, facts...)
	}
	if errors.Is(err, support.ErrNotFound) { // the buyer's data was deleted
		return b.sayHere(ctx, r, "question_gone")
	}
	if err != nil {
		return err
	}
	said, q, err := b.passAnswer(ctx, r, q, m)
	if err != nil || q.HasAlbum(m) {
		return err
	}
	b.settleQuestion(ctx, q)
	return b.sayHere(ctx, r, said, "Buyer", questioner(r.loc, q))
}

// inGroup reports whether a button was pressed in a group.
func inGroup(query *models.CallbackQuery) bool {
	return query != nil && query.Message.Message != nil && query.Message.Message.Chat.Type == models.ChatTypeSupergroup
}

// groupPress is the button "Close" in a topic. To others than the staff it does nothing.
func (b *Bot) groupPress(ctx context.Context, query *models.CallbackQuery) error {
	r := b.request(ctx, query.From)
	r.query, r.toast = query, r.loc.Plain("stale_button_short")
	chat := query.Message.Message.Chat.ID
	id, named := strings.CutPrefix(query.Data, data(actQuestion, "c")+":")
	number, err := strconv.ParseInt(id, 10, 64)
	if named && err == nil && b.courier.IsGroup(chat) && r.role.May(shop.RoleSupport) {
		q, err := b.chat.memory.Question(ctx, number)
		if err == nil && q.Topic.Chat == chat {
			err = b.closeQuestion(ctx, r, q)
		}
		if err != nil && !errors.Is(err, support.ErrNotFound) {
			return err
		}
	}
	b.answer(ctx, r)
	return nil
}

// tellTopic shows one message of a buyer in the topic of its question. It makes the topic if there is
// none.
func (c *Courier) tellTopic(ctx context.Context, group int64, q support.Question, m support.Message) (ref shop.MessageRef, err error) {
	l := c.chat.localizer(ctx, group, "")
	for range 2 {
		if q.Topic.Chat != group || q.Topic.ID == 0 {
			err = c.makeTopic(ctx, group, &q)
		} else if q.Topic.Closed {
			err = c.reopenTopic(ctx, &q)
		}
		if err == nil {
			s := questionScreen(l, q, m)
			s.Topic, s.Rows = q.Topic.ID, [][]button{row(l.button("close_question", actQuestion, "c", itoa(q.ID)))}
			ref, err = c.chat.pass(ctx, group, s)
		}
		if !errors.Is(err, telegram.ErrTopicGone) {
			return ref, err
		}
		q.Topic = support.Topic{} // somebody deleted it
	}
	return ref, err
}

// maxTopicName is below Telegram's 128 characters for the name of a topic
// (core.telegram.org/bots/api#createforumtopic); a rune may count twice.
const maxTopicName = 60

func (c *Courier) makeTopic(ctx context.Context, group int64, q *support.Question) error {
	name := "❓ " + clip(cmp.Or(cleanName(q.Name), itoa(q.Buyer)), maxTopicName-25)
	if q.Order != "" {
		name += " · " + string(q.Order)
	}
	made, err := c.chat.tg.CreateForumTopic(ctx, &tgbot.CreateForumTopicParams{ChatID: group, Name: name})
	if err != nil {
		return err
	}
	return c.setTopic(ctx, q, support.Topic{Chat: group, ID: made.MessageThreadID})
}

func (c *Courier) reopenTopic(ctx context.Context, q *support.Question) error {
	params := &tgbot.ReopenForumTopicParams{ChatID: q.Topic.Chat, MessageThreadID: q.Topic.ID}
	if err := c.chat.tg.ReopenForumTopic(ctx, params); err != nil {
		return err
	}
	return c.setTopic(ctx, q, support.Topic{Chat: q.Topic.Chat, ID: q.Topic.ID})
}

// closeTopic closes the topic of a question that is closed. If that fails, it stays open.
func (c *Courier) closeTopic(ctx context.Context, q support.Question) {
	if q.Status != support.StatusClosed || q.Topic.ID == 0 || q.Topic.Closed {
		return
	}
	err := c.chat.tg.CloseForumTopic(ctx, &tgbot.CloseForumTopicParams{ChatID: q.Topic.Chat, MessageThreadID: q.Topic.ID})
	if err == nil {
		closed := q.Topic
		closed.Closed = true
		err = c.setTopic(ctx, &q, closed)
	}
	if err != nil {
		c.log.InfoContext(ctx, "close topic failed", "question", q.ID, "error", err)
	}
}

func (c *Courier) setTopic(ctx context.Context, q *support.Question, to support.Topic) error {
	stored, err := c.chat.memory.ChangeQuestion(ctx, q.ID, func(q *support.Question) error {
		q.Topic = to
		return nil
	})
	q.Topic = stored.Topic
	return err
}
