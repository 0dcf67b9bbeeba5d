using System.Linq;
using System.Text.Json;

namespace ComputeVoucher.Execution.Tests;

/// <summary>Arrays of numbers out of test data.</summary>
internal static class JsonElementExtensions
{
    public static int[] EnumerateArrayOfInt(this JsonElement array) =>
        [.. array.EnumerateArray().Select(e => e.GetInt32())];
}
