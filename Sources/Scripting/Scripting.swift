// placeholder so the package resolves while rooms are built
