namespace ComputeVoucher.Wire;

internal static class AssemblyMarker;
