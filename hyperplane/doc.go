// Package hyperplane computes with the arrangement of the n hyperplanes {w : x_i·w = 0} of the rows of a matrix X.
package hyperplane
