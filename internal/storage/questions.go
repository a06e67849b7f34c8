package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"shopbot/internal/shop"
	"shopbot/internal/support"
)

// Ask implements support.Store.
func (db *DB) Ask(
	ctx context.Context, buyer int64, rule func(latest []support.Question) (support.Question, error),
) (q support.Question, err error) {
	err = db.write(ctx, func(t *tx) error {
		var before support.Question
		latest := t.questionsOf(buyer)
		switch q, err = rule(latest); {
		case errors.Is(err, shop.ErrUnchanged):
			return t.failed
		case err != nil:
			return err
		case q.Buyer != buyer:
			return fmt.Errorf("question %d: a rule changed what identifies it", q.ID)
		}
		if q.ID == 0 {
			q.ID = t.next(bucketQuestions)
		} else if before, err = t.question(q.ID); err != nil {
			return err
		}
		t.putQuestion(&before, &q)
		return t.failed
	})
	return q, err
}

// ChangeQuestion implements support.Store.
func (db *DB) ChangeQuestion(
	ctx context.Context, id int64, rule func(*support.Question) error,
) (q support.Question, err error) {
	err = db.write(ctx, func(t *tx) error {
		before, err := t.question(id)
		if err != nil {
			return err
		}
		q = before
		switch err := rule(&q); {
		case errors.Is(err, shop.ErrUnchanged):
			q = before
			return t.failed
		case err != nil:
			return err
		case q.ID != id || q.Buyer != before.Buyer:
			return fmt.Errorf("question %d: a rule changed what identifies it", id)
		}
		t.putQuestion(&before, &q)
		return t.failed
	})
	return q, err
}

// Question implements support.Store.
func (db *DB) Question(ctx context.Context, id int64) (support.Question, error) {
	return query(ctx, db, func(t *tx) (support.Question, error) { return t.question(id) })
}

// ListOpenQuestions implements support.Store. One that cannot be decoded is passed over and logged.
func (db *DB) ListOpenQuestions(ctx context.Context, after int64, limit int) ([]support.Question, error) {
	return query(ctx, db, func(t *tx) (list []support.Question, _ error) {
		t.scan(bucketOpenQuestions, nil, number(after+1), func(id, _ []byte) bool {
			if len(list) == limit {
				return false
			}
			if q, err := t.question(toNumber(id)); err == nil {
				list = append(list, q)
			} else {
				t.log.Error("question passed over", "question", toNumber(id), "error", err)
			}
			return true
		})
		return list, nil
	})
}

// OpenQuestions implements support.Store.
func (db *DB) OpenQuestions(ctx context.Context) (int, error) {
	return query(ctx, db, func(t *tx) (int, error) { return t.openQuestions(), nil })
}

func openQuestionsName() []byte { return []byte("open questions") }

func (t *tx) openQuestions() int { return int(toNumber(t.get(bucketMeta, openQuestionsName()))) }

// question reads a question. Errors: support.ErrNotFound, or ErrDamaged with its number.
func (t *tx) question(id int64) (support.Question, error) {
	record := t.get(bucketQuestions, number(id))
	if record == nil {
		return support.Question{}, support.ErrNotFound
	}
	q, err := decode[support.Question](record)
	if err != nil {
		return support.Question{}, fmt.Errorf("question %d: %w", id, err)
	}
	return q, nil
}

// questionsOf lists a buyer's latest questions, newest first. One that cannot be decoded is passed
// over and logged.
func (t *tx) questionsOf(buyer int64) (latest []support.Question) {
	t.scanBack(bucketQuestionsByBuyer, number(buyer), bytes.Repeat([]byte{0xff}, 9), func(id, _ []byte) bool {
		q, err := t.question(toNumber(id))
		if err != nil {
			t.log.Error("question passed over", "question", toNumber(id), "error", err)
			return true
		}
		latest = append(latest, q)
		return len(latest) < support.LatestSeen
	})
	return latest
}

// putQuestion writes a question with its indexes and the number of open ones. before is what was
// stored, the zero Question for a new one.
func (t *tx) putQuestion(before, after *support.Question) {
	t.putRecord(bucketQuestions, number(after.ID), *after)
	if before.ID == 0 {
		t.put(bucketQuestionsByBuyer, join(number(after.Buyer), number(after.ID)), nil)
	}
	t.setOpen(after.ID, before.Status == support.StatusOpen, after.Status == support.StatusOpen)
	t.move(bucketQuestionsByTopic, topicKey(before.Topic), topicKey(after.Topic), number(after.ID))
}

// topicKey is the key of a topic; nil for none.
func topicKey(at support.Topic) []byte {
	if at.ID == 0 {
		return nil
	}
	return join(number(at.Chat), number(int64(at.ID)))
}

// QuestionOfTopic implements support.Store.
func (db *DB) QuestionOfTopic(ctx context.Context, chat int64, topic int) (support.Question, error) {
	return query(ctx, db, func(t *tx) (support.Question, error) {
		id := t.get(bucketQuestionsByTopic, topicKey(support.Topic{Chat: chat, ID: topic}))
		if id == nil {
			return support.Question{}, support.ErrNotFound
		}
		if toNumber(id) == 0 {
			return support.Question{}, support.ErrForgotten
		}
		return t.question(toNumber(id))
	})
}

// setOpen notes whether a question is open.
func (t *tx) setOpen(id int64, was, is bool) {
	n := t.openQuestions()
	switch {
	case !was && is:
		t.put(bucketOpenQuestions, number(id), nil)
		n++
	case was && !is:
		t.remove(bucketOpenQuestions, number(id))
		n--
	default:
		return
	}
	t.put(bucketMeta, openQuestionsName(), number(int64(n)))
}

// forgetQuestions removes all questions of a buyer, also those that cannot be decoded. Their topics
// are still there, and who writes in one has to be told.
func (t *tx) forgetQuestions(buyer int64) {
	var ids []int64
	t.scan(bucketQuestionsByBuyer, number(buyer), nil, func(id, _ []byte) bool {
		ids = append(ids, toNumber(id))
		return true
	})
	for _, id := range ids {
		if q, err := t.question(id); err == nil && topicKey(q.Topic) != nil {
			t.put(bucketQuestionsByTopic, topicKey(q.Topic), number(0))
		}
		t.setOpen(id, t.has(bucketOpenQuestions, number(id)), false)
		t.remove(bucketQuestionsByBuyer, join(number(buyer), number(id)))
		t.remove(bucketQuestions, number(id))
	}
}
