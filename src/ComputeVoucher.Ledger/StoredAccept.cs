using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Ledger;

/// <summary>An accept and the node's signature.</summary>
public sealed record StoredAccept(Accept Accept, Signature Signature);
