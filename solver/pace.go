package solver

import "math"

// pace is how column generation gets on.
type pace struct {
	rounds       int
	first, least float64 // gaps: of the first round, and since
	leastAt      int     // the round of it
	began        float64 // what was booked at the first round
	// booked and objective of the last rounds, the oldest first.
	booked, objective []float64
}

const (
	// paceRounds are made before it is judged.
	paceRounds = 4
	// slowRate is the part of the objective that the last slowRounds would have gained with the
	// whole budget, below which they move it little. On airfoil (1503 x 6, default work) the rounds behind
	// that point lowered the objective by 6e-5 of it in half of the time.
	slowRate, slowRounds = 2e-3, 2
	// paceDoubt is how many times what is left the way to the tolerance seems to take at least where it is given up. Gaps
	// fall in leaps: on a planted problem of 400 x 10 that came to its end after 21 rounds, it once seemed to take 1.25
	// times as much as was left.
	paceDoubt = 1.5
	// nearlyClosed, times the tolerance, is a gap that is worth what is kept for a bound over all patterns.
	nearlyClosed = 100
)

// note keeps where a round is.
func (p *pace) note(booked, gap, objective float64) {
	if p.rounds == 0 {
		p.first, p.least, p.began = gap, gap, booked
	}
	if p.rounds++; gap <= p.least {
		p.least, p.leastAt = gap, p.rounds
	}
	p.booked, p.objective = append(p.booked, booked), append(p.objective, objective)
	if over := len(p.booked) - slowRounds - 1; over > 0 {
		p.booked, p.objective = p.booked[over:], p.objective[over:]
	}
}

// vain says that the gap, falling as it did, will be far from tol with what is left of a budget, and
// that the objective hardly moves.
func (p *pace) vain(tol, budget, left float64) bool {
	passed := p.rounds - 1
	if passed < paceRounds || math.IsInf(budget, 1) {
		return false
	}
	last := len(p.objective) - 1
	gain := (p.objective[0] - p.objective[last]) / p.objective[last]
	if gain*budget > slowRate*(p.booked[last]-p.booked[0]) {
		return false
	}
	falls := math.Log(p.first / p.least)
	return !(math.Log(p.least/tol)*(p.booked[last]-p.began) <= paceDoubt*falls*left)
}

// stuck says that the last slowRounds brought neither a smaller gap nor the objective so much as tol. Over many rows one
// neuron after another is found then that is violated by a few times tol: on 100,000 x 10 the rounds behind that point took a third
// of the time for 4e-8 of the objective.
func (p *pace) stuck(tol float64) bool {
	last := len(p.objective) - 1
	return p.rounds > paceRounds && p.rounds-p.leastAt >= slowRounds && p.objective[0]-p.objective[last] <= tol*p.objective[last]
}

// closes says that the gap came near to tol.
func (p *pace) closes(tol float64) bool { return p.rounds > 0 && p.least <= nearlyClosed*tol }
