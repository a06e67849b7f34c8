// Package status shows the person who runs a shop how it is: as a page in the browser, as text in a
// terminal, and as JSON. It knows neither the shop nor its database; package app fills a Status in.
package status

import (
	"time"

	"shopbot/internal/machine"
)

// Status is a shop at a moment. Its JSON is what 'shopbot status --json' prints; fields are added,
// and none changes its meaning. It has no buyer, no goods and no secret in it.
type Status struct {
	At      time.Time `json:"at"`
	Shop    string    `json:"shop"`          // its name
	Bot     string    `json:"bot,omitempty"` // its name, without @; "" until Telegram has answered
	Version string    `json:"version"`
	Started time.Time `json:"started"`
	Network string    `json:"network"` // of Crypto Pay
	Updates string    `json:"updates"` // how chat updates come: "webhook" or "polling"

	Role   Role   `json:"role,omitempty"`   // "" if there cannot be several replicas
	Leader string `json:"leader,omitempty"` // the replica that leads; "" if that is not known

	Ready   bool     `json:"ready"`
	Reasons []string `json:"reasons,omitempty"` // why it is not ready
	Paused  bool     `json:"paused,omitempty"`  // an owner has paused the sales
	Alarms  []Alarm  `json:"alarms,omitempty"`

	Webhook     Webhook      `json:"webhook"`
	Certificate *Certificate `json:"certificate,omitempty"` // nil: the shop serves plain HTTP

	Queues    []Queue  `json:"queues"`
	Held      []Held   `json:"held,omitempty"` // the oldest
	HeldCount int      `json:"held_count"`
	Questions int      `json:"questions"` // of buyers, that wait for an answer
	SoldOut   []string `json:"sold_out,omitempty"`

	Currency string `json:"currency"` // of Revenue
	Days     []Day  `json:"days"`     // the oldest first; the last is today

	DatabaseBytes int64 `json:"database_bytes"`

	Sleep machine.Sleep `json:"sleep,omitzero"` // of the machine, while the shop ran on it

	Log []Line `json:"log,omitempty"` // the latest warnings, errors and alarms, also those of earlier runs, the latest first
}

// Role is what one of several replicas of a shop does. The words are for people and programs.
type Role string

// The roles.
const (
	Leads    Role = "leads"     // it does all work
	StandsBy Role = "stands by" // it takes in payments and chat updates for the one that leads
)

// Alarm is trouble that lasts.
type Alarm struct {
	ID     string    `json:"id"`
	Cause  string    `json:"cause"`
	Detail string    `json:"detail,omitempty"`
	Items  []string  `json:"items,omitempty"`
	Since  time.Time `json:"since"`
}

// Webhook tells whether the payment service announces payments.
type Webhook struct {
	Last   time.Time `json:"last,omitzero"`   // zero: none ever came
	Silent time.Time `json:"silent,omitzero"` // since when they are missed
	Astray time.Time `json:"astray,omitzero"` // since when they come to a wrong path
}

// Certificate is that of the public listener.
type Certificate struct {
	Host    string    `json:"host"`
	Expires time.Time `json:"expires,omitzero"` // zero: there is none yet
}

// Queue is work that waits.
type Queue struct {
	Name    string  `json:"name"`
	Waiting *int    `json:"waiting,omitempty"` // how many; nil: they are not counted
	Seconds float64 `json:"seconds"`           // how long the oldest has been due
}

// Held is a paid order that waits for a person.
type Held struct {
	Order  string    `json:"order"`
	Reason string    `json:"reason"`
	Total  string    `json:"total"`
	Paid   time.Time `json:"paid,omitzero"`
}

// Day is what was sold on one day, in the shop's zone.
type Day struct {
	Day     string  `json:"day"` // 2026-11-30
	Orders  int     `json:"orders"`
	Revenue string  `json:"revenue"` // exact, without its currency
	Height  float64 `json:"-"`       // Revenue, to be drawn
}

// Line is a line of the log.
type Line struct {
	At    time.Time `json:"at"`
	Level string    `json:"level"`
	Text  string    `json:"text"` // the message and its facts
	// Replica is where it was logged; "" if there cannot be several.
	Replica string `json:"replica,omitempty"`
}
