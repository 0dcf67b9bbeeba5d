using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Ledger;

/// <summary>A second order for a used sequence, kept as evidence; at most one a sequence.</summary>
public sealed record StoredConflict(Order Order, Signature Signature);
