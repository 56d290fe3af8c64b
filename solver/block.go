package solver

// block is one group of variables u_j of the program: a cell and the sign s_j
// with which its neuron enters the prediction.
type block struct {
	cell int
	sign float64
}
