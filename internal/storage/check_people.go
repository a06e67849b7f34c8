package storage

import (
	"bytes"

	"shopbot/internal/shop"
	"shopbot/internal/support"
)

// checkPeople compares what is counted of each buyer with their orders, and the index of names with
// the people. It reads orders by buyer, so that it holds one buyer at a time in memory.
func (c *checker) checkPeople() {
	named := 0
	c.scan(bucketPeople, nil, nil, func(id, record []byte) bool {
		p, err := decode[shop.Person](record)
		if err != nil {
			c.breach("person %d: %v", toNumber(id), err)
			return true
		}
		if key := nameKey(p); key != nil {
			named++
			if !c.has(bucketPeopleByName, key) {
				c.breach("person %d is missing from index %q", p.ID, bucketPeopleByName)
			}
		}
		counted := shop.Person{ID: toNumber(id)}
		c.countOrders(&counted)
		if !p.SameCounts(&counted) {
			c.breach("buyer %d paid %d orders, %v, and got back %v; their orders say %d, %v and %v",
				counted.ID, p.Paid, p.Spent, p.Refunded, counted.Paid, counted.Spent, counted.Refunded)
		}
		return true
	})
	c.countEntries(bucketPeopleByName, named)
	c.checkUncounted()
}

// checkUncounted finds buyers who paid and have no record.
func (c *checker) checkUncounted() {
	var last []byte
	c.scan(bucketByBuyer, nil, nil, func(key, _ []byte) bool {
		buyer := key[:min(8, len(key))]
		if bytes.Equal(buyer, last) {
			return true
		}
		last = bytes.Clone(buyer)
		counted := shop.Person{ID: toNumber(buyer)}
		if counted.ID != 0 && !c.has(bucketPeople, buyer) && c.countOrders(&counted) {
			c.breach("buyer %d paid %d orders, and none is counted", counted.ID, counted.Paid)
		}
		return true
	})
}

// checkQuestions compares the questions with their indexes and with how many are open.
func (c *checker) checkQuestions() {
	all, open, topics := 0, 0, 0
	c.scan(bucketQuestions, nil, nil, func(id, record []byte) bool {
		all++
		q, err := decode[support.Question](record)
		if err != nil {
			c.breach("question %d: %v", toNumber(id), err)
			return true
		}
		if q.ID != toNumber(id) {
			c.breach("question %d is stored as question %d", q.ID, toNumber(id))
		}
		if !c.has(bucketQuestionsByBuyer, join(number(q.Buyer), id)) {
			c.breach("question %d is missing from index %q", q.ID, bucketQuestionsByBuyer)
		}
		if is := c.has(bucketOpenQuestions, id); is != (q.Status == support.StatusOpen) {
			c.breach("question %d is %s, and listed as open: %t", q.ID, q.Status, is)
		}
		if q.Status == support.StatusOpen {
			open++
		}
		if key := topicKey(q.Topic); key != nil {
			topics++
			if toNumber(c.get(bucketQuestionsByTopic, key)) != q.ID {
				c.breach("question %d is missing from index %q", q.ID, bucketQuestionsByTopic)
			}
		}
		return true
	})
	c.scan(bucketQuestionsByTopic, nil, nil, func(_, id []byte) bool {
		if toNumber(id) == 0 { // of a question that was forgotten
			topics++
		}
		return true
	})
	c.countEntries(bucketQuestionsByBuyer, all)
	c.countEntries(bucketOpenQuestions, open)
	c.countEntries(bucketQuestionsByTopic, topics)
	if n := c.openQuestions(); n != open {
		c.breach("%d questions are open and %d are counted", open, n)
	}
}
