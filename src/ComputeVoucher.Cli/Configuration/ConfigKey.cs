namespace ComputeVoucher.Cli;

/// <summary>One key of the configuration file, as it is documented and checked.</summary>
/// <param name="Name">Section and name, parted by a colon, as the file nests them.</param>
/// <param name="Type">What the value has to look like.</param>
/// <param name="Unit">Unit of the value, or "" where it has none.</param>
/// <param name="Default">Text of the default; null when the key must be given.</param>
/// <param name="Meaning">One sentence.</param>
internal sealed record ConfigKey(
    string Name, ConfigType Type, string Unit, string? Default, string Meaning);
