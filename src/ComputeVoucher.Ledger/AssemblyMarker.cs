namespace ComputeVoucher.Ledger;

internal static class AssemblyMarker;
