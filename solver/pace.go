package solver

import "math"

// pace is how column generation gets on, by what was booked, the gap and the objective at
// the last rounds, the oldest first.
type pace struct{ booked, gap, objective []float64 }

const (
	// paceRounds are looked back at.
	paceRounds = 4
	// slowRate is the part of the objective that the last slowRounds would have gained with the
	// whole budget, below which they move it little. On airfoil (1503 x 6, default work) the rounds behind
	// that point lowered the objective by 6e-5 of it in half of the time.
	slowRate, slowRounds = 2e-3, 2
)

// note keeps where a round is.
func (p *pace) note(booked, gap, objective float64) {
	p.booked, p.gap, p.objective = append(p.booked, booked), append(p.gap, gap), append(p.objective, objective)
	if over := len(p.gap) - paceRounds - 1; over > 0 {
		p.booked, p.gap, p.objective = p.booked[over:], p.gap[over:], p.objective[over:]
	}
}

// vain says that the gap, falling as it did, will not be tol with what is left of a budget, and
// that the objective hardly moves.
func (p *pace) vain(tol, budget, left float64) bool {
	last := len(p.gap) - 1
	if last < paceRounds || math.IsInf(budget, 1) {
		return false
	}
	before := last - slowRounds
	gain := (p.objective[before] - p.objective[last]) / p.objective[last]
	if gain*budget > slowRate*(p.booked[last]-p.booked[before]) {
		return false
	}
	falls := math.Log(p.gap[0]/p.gap[last]) / paceRounds
	round := (p.booked[last] - p.booked[0]) / paceRounds
	return !(math.Log(p.gap[last]/tol)*round <= falls*left)
}
