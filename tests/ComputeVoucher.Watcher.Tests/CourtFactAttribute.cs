using System;
using ComputeVoucher.Fraud;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Watcher.Tests;

/// <summary>A fact that needs anvil, the compiled contracts and a real model.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class CourtFactAttribute : FactAttribute
{
    public CourtFactAttribute() => Skip = CourtMarket.Missing
        ?? (SharedData.Exists("tflite/ad") ? null : "../shared/data/tflite/ad is absent");
}
