using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Ledger;

/// <summary>A receipt and the node's signature.</summary>
public sealed record StoredReceipt(Receipt Receipt, Signature Signature);
