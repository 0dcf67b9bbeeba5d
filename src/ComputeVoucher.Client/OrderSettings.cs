using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Client;

/// <summary>How a client orders.</summary>
/// <param name="DeadlineSeconds">From signing to the order's deadline.</param>
/// <param name="Flags">What is wanted beside the receipt.</param>
/// <param name="AckEvery">Receipts after which an ack is sent.</param>
/// <param name="CancelAfter">Steps after which each order is cancelled; 0 is never.</param>
public sealed record OrderSettings(
    ulong DeadlineSeconds, OrderFlags Flags, int AckEvery, uint CancelAfter);
