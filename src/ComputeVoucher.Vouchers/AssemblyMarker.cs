namespace ComputeVoucher.Vouchers;

internal static class AssemblyMarker;
