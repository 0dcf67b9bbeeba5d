using System;

namespace ComputeVoucher.Bn254;

/// <summary>Fills bytes: with what nobody can guess for a proof, with what everybody can for a
/// development key.</summary>
public delegate void RandomSource(Span<byte> bytes);
