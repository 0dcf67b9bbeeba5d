// The two fields of the curve: coordinates are residues of one prime, scalars of the other.
global using Fp = ComputeVoucher.Bn254.Residue<ComputeVoucher.Bn254.BasePrime>;
global using Fr = ComputeVoucher.Bn254.Residue<ComputeVoucher.Bn254.ScalarPrime>;
