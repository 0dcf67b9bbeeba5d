namespace ComputeVoucher.Execution.Language;

/// <summary>Types of values in a GGUF header, as the format numbers them.</summary>
internal enum GgufType : uint
{
    UInt8 = 0,
    Int8 = 1,
    UInt16 = 2,
    Int16 = 3,
    UInt32 = 4,
    Int32 = 5,
    Float32 = 6,
    Bool = 7,
    Text = 8,
    Array = 9,
    UInt64 = 10,
    Int64 = 11,
    Float64 = 12,
}

/// <summary>A value of a GGUF header.</summary>
/// <param name="Type">As the file declares it.</param>
/// <param name="Element">Of an array, its elements'.</param>
/// <param name="Content">
/// Of the types that something reads: uint, float, bool, string; string[], float[] and int[] of
/// the arrays of a vocabulary. Null of all others, which are only skipped.
/// </param>
internal sealed record GgufValue(GgufType Type, GgufType Element, object? Content)
{
    /// <summary>Bytes of one scalar; 0 for strings, arrays and numbers that are no type.</summary>
    public static int BytesOf(GgufType type) => type switch
    {
        GgufType.UInt8 or GgufType.Int8 or GgufType.Bool => 1,
        GgufType.UInt16 or GgufType.Int16 => 2,
        GgufType.UInt32 or GgufType.Int32 or GgufType.Float32 => 4,
        GgufType.UInt64 or GgufType.Int64 or GgufType.Float64 => 8,
        _ => 0,
    };

    public static string NameOf(GgufType type) => type switch
    {
        GgufType.UInt8 => "u8",
        GgufType.Int8 => "i8",
        GgufType.UInt16 => "u16",
        GgufType.Int16 => "i16",
        GgufType.UInt32 => "u32",
        GgufType.Int32 => "i32",
        GgufType.Float32 => "f32",
        GgufType.Bool => "a bool",
        GgufType.Text => "a string",
        GgufType.Array => "an array",
        GgufType.UInt64 => "u64",
        GgufType.Int64 => "i64",
        _ => "f64",
    };

    /// <summary>"u32", "an array of f32".</summary>
    public override string ToString() => Type == GgufType.Array
        ? $"an array of {NameOf(Element)}"
        : NameOf(Type);
}
