using System.Runtime.Intrinsics.X86;

namespace ComputeVoucher.Execution;

/// <summary>Which instruction set this binary was built for and runs with.</summary>
public static class CpuPath
{
    /// <summary>
    /// A native AOT publish without IlcInstructionSet folds this to "scalar" on any machine; the
    /// tests of the published binary compare it with /proc/cpuinfo.
    /// </summary>
    public static string Name => Avx2.IsSupported ? "avx2" : "scalar";
}
