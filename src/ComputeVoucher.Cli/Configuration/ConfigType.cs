namespace ComputeVoucher.Cli;

/// <summary>Shape of a configuration value.</summary>
internal enum ConfigType
{
    Text,
    Texts,
    Number,
    Flag,
}
