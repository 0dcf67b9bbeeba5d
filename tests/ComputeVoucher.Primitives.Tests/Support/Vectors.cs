using System.IO;
using System.IO.Compression;
using System.Text.Json;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Primitives.Tests.Support;

/// <summary>Opens test vectors that others made.</summary>
internal static class Vectors
{
    /// <summary>ethereum/ethers/NAME.json.gz.</summary>
    public static JsonElement Ethers(string name)
    {
        using FileStream file = File.OpenRead(
            SharedData.PathOf("ethereum", "ethers", name + ".json.gz"));
        using GZipStream unzipped = new(file, CompressionMode.Decompress);
        return JsonDocument.Parse(unzipped).RootElement;
    }

    /// <summary>A JSON file of the shared data.</summary>
    public static JsonElement Json(params string[] path) =>
        JsonDocument.Parse(File.ReadAllBytes(SharedData.PathOf(path))).RootElement;

    public static string Text(this JsonElement element, string name) =>
        element.GetProperty(name).GetString()!;
}
