namespace ComputeVoucher.Execution;

internal static class AssemblyMarker;
