namespace ComputeVoucher.Trace;

internal static class AssemblyMarker;
