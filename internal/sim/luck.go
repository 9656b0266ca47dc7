package sim

import (
	"syscall"

	"flexform/internal/durable/disktest"
)

// A luck says how often what goes wrong, in so many of a thousand contacts or
// calls. Each history has its own mixture: much of little, little of much.
type luck struct {
	death, disk, full, blind, dial int
	interrupt, pause, power, lock  int
	acquirer, backOffice, decline  int
	jump                           int   // of the wall clock
	server, desk, misplace         int   // of bulk files: calls that fail, how busy DIBS is, what it loses
	lost, late, refused, odd, twin int   // ways of a money call
	windows                        int64 // how many settle windows late a call may be
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
		lost: h.some(600), late: h.some(600), refused: h.some(400), odd: h.some(400), twin: h.some(300),
		server: h.some(100), desk: 20 + h.some(200), misplace: h.some(300),
	}
	if h.random.IntN(8) == 0 {
		l.backOffice = h.some(20)
	}
	if h.runners > 1 && h.random.IntN(4) == 0 {
		l.lock = h.some(20)
	}
	if h.runners == 1 && h.random.IntN(8) == 0 {
		l.jump = h.some(10)
	}
	l.windows = 1
	if h.random.IntN(4) == 0 {
		l.windows = 10
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
			h.saw(sawFull)
			return disktest.Fault{Err: syscall.ENOSPC, Short: op != "reserve"}
		}
	case "open", "stat", "link", "rename", "remove", "syncdir", "read", "sync", "truncate", "fstat", "lock", "close":
	default:
		return disktest.Fault{} // no call of the disk
	}
	if !h.chance(l.disk, 1000) {
		return disktest.Fault{}
	}
	if (op == "write" || op == "rewrite") && h.random.IntN(2) == 0 {
		h.saw(sawShort)
		return disktest.Fault{Err: syscall.ENOSPC, Short: true}
	}
	if op == "sync" || op == "syncdir" {
		h.saw(sawSync)
	}
	h.saw(sawEIO)
	return disktest.Fault{Err: syscall.EIO, Done: h.random.IntN(2) == 0}
}
