package scaling

// makespan is when the last of the tasks ends if w workers take them in their order.
func makespan(seconds []float64, w int) float64 {
	if w == 1 { // in the order of the sum
		return sum(seconds)
	}
	free := make([]float64, min(w, len(seconds))) // a heap: when each worker is
	last := 0.0
	for _, s := range seconds {
		now := free[0] + s
		last = max(last, now)
		at := 0
		for {
			next := 2*at + 1
			if next+1 < len(free) && free[next+1] < free[next] {
				next++
			}
			if next >= len(free) || free[next] >= now {
				break
			}
			free[at] = free[next]
			at = next
		}
		free[at] = now
	}
	return last
}
