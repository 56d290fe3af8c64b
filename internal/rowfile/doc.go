// Package rowfile reads tables of numbers that are too large for memory: rows of float64 in
// any order, from a NumPy file that is read a part at a time and never mapped, so that what
// is resident is what was asked for. Other files are made into one first, in one go over
// them.
package rowfile
