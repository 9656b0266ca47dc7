package sim

import (
	"errors"
	"syscall"
	"time"

	"flexform/dibs"
	"flexform/internal/durable/disktest"
)

// A luck says how often what goes wrong, in so many of a thousand contacts or
// calls. Each history has its own mixture: much of little, little of much.
type luck struct {
	death, disk, full, blind, dial int
	interrupt, pause, power, lock  int
	acquirer, backOffice, decline  int
	lost, late, refused, odd       int // ways of a money call
	lateness                       time.Duration
}

// some is often nothing, now and then up to most.
func (h *history) some(most int) int {
	if h.random.IntN(2) == 0 {
		return 0
	}
	return 1 + h.random.IntN(most)
}

func (h *history) drawLuck() luck {
	l := luck{
		death: h.some(30), disk: h.some(25), full: h.some(300), blind: h.some(200), dial: h.some(200),
		interrupt: h.some(10), pause: h.some(15), power: h.some(6),
		acquirer: 50 + h.some(100), decline: h.some(500),
		lost: h.some(600), late: h.some(600), refused: h.some(400), odd: h.some(400),
	}
	if h.random.IntN(8) == 0 {
		l.backOffice = h.some(20)
	}
	if h.runners > 1 && h.random.IntN(4) == 0 {
		l.lock = h.some(20)
	}
	l.lateness = h.window
	if h.random.IntN(4) == 0 {
		l.lateness = 10 * h.window
	}
	return l
}

// contact draws what goes wrong with one contact.
func (l *luck) contact(p *process, op string) disktest.Fault {
	h := p.h
	switch {
	case h.calm:
		return disktest.Fault{}
	case h.chance(l.death, 1000):
		p.hurt = true
		h.saw(sawDeath)
		return disktest.Fault{Kill: true, Done: h.random.IntN(2) == 0}
	}
	switch op {
	case "write", "rewrite", "reserve":
		if p.full {
			return disktest.Fault{Err: syscall.ENOSPC, Short: op != "reserve"}
		}
	case "open", "stat", "link", "rename", "remove", "syncdir", "read", "sync", "truncate", "fstat", "lock", "close":
	default:
		return disktest.Fault{} // no call of the disk
	}
	if !h.chance(l.disk, 1000) {
		return disktest.Fault{}
	}
	h.saw(sawEIO)
	if (op == "write" || op == "rewrite") && h.random.IntN(2) == 0 {
		return disktest.Fault{Err: syscall.ENOSPC, Short: true}
	}
	return disktest.Fault{Err: syscall.EIO, Done: h.random.IntN(2) == 0}
}

// answer draws how one money call goes.
func (l *luck) answer(h *history) way {
	fine := way{name: "fine", take: true}
	switch {
	case h.calm:
		return fine
	case h.chance(l.lost, 1000):
		h.saw(sawLost)
		if h.random.IntN(2) == 0 {
			return way{name: "taken, the answer lost", take: true, err: uncertain(errors.New("connection reset"))}
		}
		return way{name: "lost on the way", err: uncertain(errors.New("connection reset"))}
	case h.chance(l.late, 1000):
		return way{
			name: "taken late, no answer", late: time.Duration(1 + h.random.Int64N(int64(l.lateness)-1)),
			slow: time.Duration(h.random.IntN(60)) * time.Second, err: uncertain(errors.New("time-out")),
		}
	case h.chance(l.refused, 1000):
		codes := [...]dibs.Result{3, 4, 5, 6, 7, 8, 9, 10, 14, 15}
		code := codes[h.random.IntN(len(codes))]
		return way{name: code.String(), err: coded(code)}
	case h.chance(l.odd, 1000):
		return l.oddity(h)
	}
	if h.random.IntN(10) == 0 {
		fine.slow = time.Duration(h.random.IntN(120)) * time.Second
	}
	return fine
}

// oddity is an answer that nobody expects and that proves nothing, to a call
// that took effect or did not.
func (l *luck) oddity(h *history) way {
	take := h.random.IntN(2) == 0
	switch h.random.IntN(6) {
	case 0:
		codes := [...]dibs.Result{1, 2, 11, 12, 13, 99}
		code := codes[h.random.IntN(len(codes))]
		return way{name: code.String(), take: take, err: coded(code)}
	case 1:
		return way{name: "result 1000", take: true, code: dibs.ResultRefundAccepted}
	case 2:
		return way{name: "a refusal in wraps", take: take, err: wrapped}
	case 3:
		return way{name: "the client breaks", take: take, panics: true}
	case 4:
		return way{name: "a receipt with result 2", take: take, code: dibs.ResultTimeout}
	}
	return way{name: "401", err: func(service string, _ dibs.TransactID) error { return &dibs.LoginError{Service: service, User: "api"} }}
}
