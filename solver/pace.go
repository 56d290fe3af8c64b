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
	// stuckRounds are those in which neither the gap nor the objective moves where rows are many. On 100,000 x 10 the gap stands above
	// its least for two rounds once a neuron is found that climbs had missed.
	stuckRounds = 3
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
	if over := len(p.booked) - stuckRounds - 1; over > 0 {
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
	first := last - slowRounds
	gain := (p.objective[first] - p.objective[last]) / p.objective[last]
	if gain*budget > slowRate*(p.booked[last]-p.booked[first]) {
		return false
	}
	falls := math.Log(p.first / p.least)
	return !(math.Log(p.least/tol)*(p.booked[last]-p.began) <= paceDoubt*falls*left)
}

// stuck says that the last stuckRounds brought neither a smaller gap nor the objective so much as tol. Over many rows one
// neuron after another is found then that is violated by a few times tol.
func (p *pace) stuck(tol float64) bool {
	last := len(p.objective) - 1
	return p.rounds > paceRounds && p.rounds-p.leastAt >= stuckRounds && p.objective[0]-p.objective[last] <= tol*p.objective[last]
}

// closes says that the gap came near to tol.
func (p *pace) closes(tol float64) bool { return p.rounds > 0 && p.least <= nearlyClosed*tol }
