namespace ComputeVoucher.Chain;

internal static class AssemblyMarker;
