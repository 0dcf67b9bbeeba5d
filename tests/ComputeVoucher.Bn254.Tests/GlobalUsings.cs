global using Fp = ComputeVoucher.Bn254.Residue<ComputeVoucher.Bn254.BasePrime>;
global using Fr = ComputeVoucher.Bn254.Residue<ComputeVoucher.Bn254.ScalarPrime>;
