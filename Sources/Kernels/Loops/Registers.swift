// Groups of vectors that live in registers while a block is worked on. Written as literals, because the initialiser of
// InlineArray that repeats a value stays a call that clears memory.
import CLanes

@_transparent
func registers4() -> InlineArray<4, Lanes> {
    let z = lanes_splat(0)
    return [z, z, z, z]
}
@_transparent
func registers8() -> InlineArray<8, Lanes> {
    let z = lanes_splat(0)
    return [z, z, z, z, z, z, z, z]
}
@_transparent
func registers10() -> InlineArray<10, Lanes> {
    let z = lanes_splat(0)
    return [z, z, z, z, z, z, z, z, z, z]
}
@_transparent
func registers16() -> InlineArray<16, Lanes> {
    let z = lanes_splat(0)
    return [z, z, z, z, z, z, z, z, z, z, z, z, z, z, z, z]
}
@_transparent
func registers24() -> InlineArray<24, Lanes> {
    let z = lanes_splat(0)
    return [z, z, z, z, z, z, z, z, z, z, z, z, z, z, z, z, z, z, z, z, z, z, z, z]
}
