package storagetest

import (
	"fmt"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
	"shopbot/internal/support"
)

// asks has a buyer write into a question, 0 for a new one.
func (b *bench) asks(buyer, id int64, message int) support.Question {
	b.t.Helper()
	q, err := b.Ask(b.ctx, buyer, asking(buyer, id, message))
	require.True(b.t, err == nil || q.ID != 0, "%v", err)
	return q
}

func asking(buyer, id int64, message int) func([]support.Question) (support.Question, error) {
	return func(latest []support.Question) (support.Question, error) {
		at := start().Add(time.Duration(message) * 4 * time.Minute) // fewer than MaxAnHour
		m := support.Message{ID: message, By: buyer, At: at, Text: fmt.Sprint("message ", message)}
		return support.Asked(latest, support.Question{ID: id, Buyer: buyer}, m)
	}
}

// openAre asserts which questions are open, the oldest first.
func (b *bench) openAre(want ...int64) {
	b.t.Helper()
	list, err := b.ListOpenQuestions(b.ctx, 0, 100)
	require.NoError(b.t, err)
	var got []int64
	for _, q := range list {
		got = append(got, q.ID)
	}
	require.Equal(b.t, want, got)
	n, err := b.OpenQuestions(b.ctx)
	require.NoError(b.t, err)
	require.Equal(b.t, len(want), n)
}

func questions() []scenario {
	return []scenario{
		{"a question is asked once, answered and closed", func(b *bench) {
			q := b.asks(7, 0, 1)
			require.Equal(b.t, q, b.asks(7, 0, 1))
			b.reopen()
			require.Equal(b.t, q.ID, b.asks(7, 0, 1).ID, "also after a restart")
			other := b.asks(8, 0, 1)
			require.NotEqual(b.t, q.ID, other.ID)
			b.openAre(q.ID, other.ID)
			_, err := b.ChangeQuestion(b.ctx, q.ID, func(q *support.Question) error {
				return q.Answer(support.Message{ID: 5, By: 9, At: start(), Text: "Here."})
			})
			require.NoError(b.t, err)
			b.openAre(other.ID)
			b.asks(7, q.ID, 2)
			b.openAre(q.ID, other.ID)
			for range 2 {
				_, err = b.ChangeQuestion(b.ctx, q.ID, func(q *support.Question) error { return q.Close(9) })
				require.NoError(b.t, err)
			}
			b.reopen()
			b.openAre(other.ID)
			got, err := b.Question(b.ctx, q.ID)
			require.NoError(b.t, err)
			require.Len(b.t, got.Messages, 3)
			require.Equal(b.t, support.StatusClosed, got.Status)
		}},
		{"a rule that refuses leaves no question", func(b *bench) {
			for n := range support.MaxOpen {
				b.asks(7, 0, n+1)
			}
			n, err := b.OpenQuestions(b.ctx)
			require.NoError(b.t, err)
			require.Equal(b.t, support.MaxOpen, n)
			_, err = b.Ask(b.ctx, 7, asking(7, 0, 91))
			require.ErrorIs(b.t, err, support.ErrTooManyOpen)
			_, err = b.Ask(b.ctx, 7, func([]support.Question) (support.Question, error) { return support.Question{Buyer: 8}, nil })
			require.Error(b.t, err, "of somebody else")
			_, err = b.ChangeQuestion(b.ctx, 1, func(q *support.Question) error { q.Buyer = 8; return nil })
			require.Error(b.t, err)
			_, err = b.ChangeQuestion(b.ctx, 99, func(*support.Question) error { return nil })
			require.ErrorIs(b.t, err, support.ErrNotFound)
			_, err = b.Question(b.ctx, 99)
			require.ErrorIs(b.t, err, support.ErrNotFound)
		}},
		{"a rule sees the latest questions, the newest first", func(b *bench) {
			var last int64
			for n := range support.LatestSeen + 3 {
				q := b.asks(7, 0, n+1)
				_, err := b.ChangeQuestion(b.ctx, q.ID, func(q *support.Question) error { return q.Close(7) })
				require.NoError(b.t, err)
				last = q.ID
			}
			b.asks(8, 0, 1)
			_, err := b.Ask(b.ctx, 7, func(latest []support.Question) (support.Question, error) {
				require.Len(b.t, latest, support.LatestSeen)
				require.Equal(b.t, last, latest[0].ID)
				require.Equal(b.t, last-1, latest[1].ID)
				return latest[0], shop.ErrUnchanged
			})
			require.NoError(b.t, err)
		}},
		{"a question is found by its topic", func(b *bench) {
			q := b.asks(7, 0, 1)
			in := func(chat int64, topic int, want error) {
				b.t.Helper()
				got, err := b.QuestionOfTopic(b.ctx, chat, topic)
				require.ErrorIs(b.t, err, want)
				require.True(b.t, err != nil || got.ID == q.ID)
			}
			move := func(to support.Topic) {
				b.t.Helper()
				_, err := b.ChangeQuestion(b.ctx, q.ID, func(q *support.Question) error { q.Topic = to; return nil })
				require.NoError(b.t, err)
			}
			in(-100, 5, support.ErrNotFound)
			move(support.Topic{Chat: -100, ID: 5})
			b.reopen()
			in(-100, 5, nil)
			in(-100, 6, support.ErrNotFound)
			in(-101, 5, support.ErrNotFound)
			move(support.Topic{Chat: -100, ID: 5, Closed: true})
			in(-100, 5, nil)
			move(support.Topic{Chat: -101, ID: 6})
			in(-100, 5, support.ErrNotFound)
			in(-101, 6, nil)
			_, err := b.Forget(b.ctx, 7)
			require.NoError(b.t, err)
			b.reopen()
			in(-101, 6, support.ErrForgotten)
			in(-100, 5, support.ErrNotFound)
		}},
		{"open questions are listed by page", func(b *bench) {
			for buyer := range int64(5) {
				b.asks(buyer+1, 0, 1)
			}
			page, err := b.ListOpenQuestions(b.ctx, 2, 2)
			require.NoError(b.t, err)
			require.Len(b.t, page, 2)
			require.EqualValues(b.t, 3, page[0].ID)
			require.EqualValues(b.t, 4, page[1].ID)
		}},
		{"a forgotten buyer's questions are gone", func(b *bench) {
			b.asks(7, 0, 1)
			q := b.asks(7, 0, 2)
			_, err := b.ChangeQuestion(b.ctx, q.ID, func(q *support.Question) error { return q.Close(7) })
			require.NoError(b.t, err)
			others := b.asks(8, 0, 1)
			_, err = b.Forget(b.ctx, 7)
			require.NoError(b.t, err)
			b.reopen()
			b.openAre(others.ID)
			_, err = b.Question(b.ctx, q.ID)
			require.ErrorIs(b.t, err, support.ErrNotFound)
			require.Greater(b.t, b.asks(7, 0, 9).ID, others.ID, "numbers are not used again")
		}},
		{"questions asked at once are all kept and counted", func(b *bench) {
			var all sync.WaitGroup
			for buyer := range int64(20) {
				all.Go(func() {
					for range 2 { // a double delivery
						_, _ = b.Ask(b.ctx, buyer+1, asking(buyer+1, 0, 1))
					}
				})
			}
			all.Wait()
			n, err := b.OpenQuestions(b.ctx)
			require.NoError(b.t, err)
			require.Equal(b.t, 20, n)
		}},
	}
}
