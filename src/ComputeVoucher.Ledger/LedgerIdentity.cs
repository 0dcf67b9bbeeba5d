using ComputeVoucher.Primitives;

namespace ComputeVoucher.Ledger;

/// <summary>
/// What a ledger belongs to. Written at creation; a ledger of another chain, contract or node key
/// is refused at open, because its signatures mean nothing here.
/// </summary>
/// <param name="ChainId">EIP-155 chain id.</param>
/// <param name="Vouchers">Address of the Vouchers contract.</param>
/// <param name="Providers">Address of the Providers contract.</param>
/// <param name="Node">Address of the node key.</param>
public sealed record LedgerIdentity(
    ulong ChainId,
    Address Vouchers,
    Address Providers,
    Address Node);
